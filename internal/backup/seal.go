package backup

import (
	"errors"
	"fmt"
	"io"

	"github.com/tink-crypto/tink-go/v2/streamingaead/subtle"
)

// magic begins every backup; the number is that of the format.
const magic = "housecall backup 1\n"

const segment = 1 << 20

// seal encrypts what is written. Close it to have the end written: without that it can't be read.
func seal(w io.Writer, key []byte) (io.WriteCloser, error) {
	if _, err := io.WriteString(w, magic); err != nil {
		return nil, err
	}
	cipher, err := subtle.NewAESGCMHKDF(key, "SHA256", 32, segment, 0)
	if err != nil {
		return nil, fmt.Errorf("seal the backup: %w", err)
	}
	return cipher.NewEncryptingWriter(w, []byte(magic))
}

// ErrSealed says that the key is another one, or that the file is no backup, cut off or changed.
var ErrSealed = errors.New("this is no backup of this key, or it was cut off or changed: name the file and the key that it was made with")

func open(r io.Reader, key []byte) (io.Reader, error) {
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(r, head); err != nil || string(head) != magic {
		return nil, ErrSealed
	}
	cipher, err := subtle.NewAESGCMHKDF(key, "SHA256", 32, segment, 0)
	if err != nil {
		return nil, fmt.Errorf("open the backup: %w", err)
	}
	return cipher.NewDecryptingReader(r, []byte(magic))
}
