// Package e2e holds the browser stories: people using the web app of a running demo, in Debian's Chromium
// with a camera and a microphone that are made up. It has no code but tests.
//
// There is a lively town, where everybody acts by themselves after a while, and a still one, where nobody does anything
// but who is in the story. A story opens a browser for each person (open, phoneOf, deskOf), and does what they do: goes
// to an address, presses what carries a data-test, types, and looks for what should be there. What came before it is
// made over the API by a tale (arrange_test.go). Nothing is faked between the screen and the store; what somebody else
// did must be told to a screen, without a reload (told). scripts/e2e runs them alone; scripts/test sets HOUSECALL_TEST_BROWSER and
// runs them with the rest; without it they are skipped, with CI=true that is a failure.
// HOUSECALL_SHOTS names a folder that git ignores, for a picture of every screen that a story passes;
// HOUSECALL_TEST_ALL asks the rules of accessibility in both languages, both looks and both sizes.
package e2e
