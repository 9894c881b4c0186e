// Package paper is the prescription on paper: what stands on it, signed in a form that fits a QR code,
// printed as a PDF, and checked by anybody off line.
//
// A Card is everything that is printed, in one language. The doctor's key signs it as a JWS, deflated,
// as SMART Health Cards are (Message makes the bytes, Assemble the JWS). Codes cuts the JWS into the texts
// of QR codes, and Gather puts them together again, whatever the scanner gave.
//
// Print makes the PDF from the JWS alone, always the same bytes, with the JWS inside. So Check can tell of
// a code whether its signature fits, and of a file also whether its page still says what was signed: it
// prints the JWS again and compares.
//
// Keys is the published list of signing keys with their times (/.well-known/jwks.json). A signature made
// before a key was revoked stays genuine; one that claims a later time is forged. Whether a prescription
// was cancelled or dispensed since, no paper can tell: that is asked on line.
//
// PrintInvoice makes the PDF of an invoice or credit note, always the same bytes too; nothing is signed in it.
//
// It knows no service and reads no clock. Who may print is prescribing's to ask.
package paper
