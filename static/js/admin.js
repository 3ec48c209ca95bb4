/* What pages of the administration have of the features of the staff's pages. */
import "./admin_forms.js";
import "./kept.js";
import "./sign_out.js";
import "./session_ending.js";
