// Package browsertest tests the screens as people use them: real towns, run by the real
// binary, in a real browser (Debian's Chromium, headless), on a phone and on a wide
// screen, with JavaScript and without. It knows the program by its fixed interface alone:
// commands, environment, addresses, and what stands on the pages.
//
//   - TestJourneys: the first visit, a merchant's day, an answer, an approval.
//   - TestAMerchantSaysWhenTheShopIsOpen: hours and special days, with the keyboard, at 320 pixels.
//   - TestALivelyTown: the sample towns as readers walk through them; then every page is
//     held to WCAG 2.2 and RGAA, to its Content-Security-Policy, to its weight, to valid
//     HTML, and photographed.
//
// The browser is driven from Node by playwright-core; the scripts are the .mjs files of
// this folder, and each says at its head what it is asked and what it answers. They need
// `npm ci` in this folder, which `make test` does. Without Chromium, Node or the npm
// packages the tests fail.
//
// Screenshots go to the folder that BOURG_SCREENSHOTS names. Without it they are thrown
// away when all is well, and kept when a test fails, which then says where.
package browsertest
