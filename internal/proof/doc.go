// Package proof holds sentences.md: what is promised of housecall, sentence by sentence, each with the tests
// that prove it. Its test fails when a test that is named there is gone, and when a sentence names none.
package proof
