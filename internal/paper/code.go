package paper

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// scheme begins the text of each QR code: "hcrx:/1/3/" is the first of three.
const scheme = "hcrx:/"

// perCode is how many characters of a JWS one QR code carries: with two digits each, version 22 at
// the low level of correction, as SMART Health Cards choose.
const perCode = 1180

// IsCode tells whether a text is the code of a prescription, or a JWS, rather than the name of a file.
func IsCode(text string) bool {
	return strings.HasPrefix(text, scheme) || strings.HasPrefix(text, "eyJ") && strings.Count(text, ".") == 2
}

// Codes cuts a JWS into the texts of its QR codes. Each character becomes two digits, which a QR code
// packs tightest.
func Codes(jws string) []string {
	n := (len(jws) + perCode - 1) / perCode
	each := (len(jws) + n - 1) / n
	out := make([]string, 0, n)
	for i := range n {
		part := jws[i*each : min((i+1)*each, len(jws))]
		var b strings.Builder
		b.WriteString(scheme)
		if n > 1 {
			fmt.Fprintf(&b, "%d/%d/", i+1, n)
		}
		for _, c := range []byte(part) {
			fmt.Fprintf(&b, "%02d", c-'-')
		}
		out = append(out, b.String())
	}
	return out
}

// Gather makes the JWS out of what scanners gave: the codes of one prescription in any order, with
// white space between them, or the JWS itself.
func Gather(scanned string) (string, error) {
	texts := strings.Fields(scanned)
	if len(texts) == 1 && !strings.HasPrefix(texts[0], scheme) {
		return texts[0], nil
	}
	parts := map[int]string{}
	total := 1
	for _, t := range texts {
		digits, isCode := strings.CutPrefix(t, scheme)
		if !isCode {
			return "", errors.New("this is not the code of a prescription")
		}
		i, n := 1, 1
		if fields := strings.Split(digits, "/"); len(fields) == 3 {
			var errI, errN error
			i, errI = strconv.Atoi(fields[0])
			n, errN = strconv.Atoi(fields[1])
			if errors.Join(errI, errN) != nil || i < 1 || i > n || n > mostCodes {
				return "", errors.New("this is not the code of a prescription")
			}
			digits = fields[2]
		}
		if len(parts) > 0 && n != total {
			return "", errors.New("these codes are of different prescriptions")
		}
		total = n
		text, err := letters(digits)
		if err != nil {
			return "", err
		}
		if before, twice := parts[i]; twice && before != text {
			return "", errors.New("these codes are of different prescriptions")
		}
		parts[i] = text
	}
	var jws strings.Builder
	for i := 1; i <= total; i++ {
		part, there := parts[i]
		if !there {
			return "", fmt.Errorf("code %d of %d is missing; scan it too", i, total)
		}
		jws.WriteString(part)
	}
	return jws.String(), nil
}

const mostCodes = 40

func letters(digits string) (string, error) {
	if len(digits)%2 != 0 || digits == "" {
		return "", errors.New("the code was not read to its end; scan it again")
	}
	out := make([]byte, 0, len(digits)/2)
	for i := 0; i < len(digits); i += 2 {
		a, b := digits[i], digits[i+1]
		if a < '0' || a > '9' || b < '0' || b > '9' || (a-'0')*10+b-'0' > 'z'-'-' {
			return "", errors.New("this is not the code of a prescription")
		}
		out = append(out, '-'+(a-'0')*10+b-'0')
	}
	return string(out), nil
}
