// Package gateway speaks to the world outside: mail by SMTP, text messages by a plain HTTP gateway, and
// payments, for which there is the sandbox. The interfaces belong to those who use them (notify, billing).
// No error of this package carries an address, a number or what a gateway wrote about one.
package gateway
