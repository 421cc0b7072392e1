"use strict";

// A sign-in link carries its code after the #, which browsers never send to a server. It is taken
// out of the address at once, so that it stays neither there nor in the history.
function signInByLink() {
  const code = window.location.hash.slice(1);
  if (code) {
    window.history.replaceState(null, "", window.location.pathname + window.location.search);
    document.getElementById("token").value = code;
    document.getElementById("sign-in").submit();
  }
}

signInByLink();
// A link that is pasted into the address of this very page loads nothing anew.
window.addEventListener("hashchange", signInByLink);
