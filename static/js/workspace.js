/* The features of the staff's pages. */
import "./confirm.js";
import "./kept.js";
import "./sign_out.js";
import "./session_ending.js";
import "./polling.js";
import "./copy.js";
import "./print.js";
