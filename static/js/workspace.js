/* What only the staff's pages need. */
import "./kept.js";
import "./sign_out.js";
import "./polling.js";
import "./copy.js";
