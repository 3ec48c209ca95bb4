/* The features of every page; each works where its element is and rests elsewhere, and every page works without them.
   A page that needs one more names it in its block "features". */
import "./theme.js";
import "./errors.js";
import "./digits.js";
