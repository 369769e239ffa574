// Package browser looks at the debug page as a user does: in a real browser, Debian's Chromium without a window, that
// shows the page of a real watcher of a service that has a fault. Its tests hold the page to what it promises; its
// command pictures makes those of the README.
//
// It is a module of its own, so that nobody who uses tracewatch gets the driver of the browser with it.
package browser
