package app

import (
	"fmt"

	"housecall/internal/config"
)

// leastCarrierSecret is what a secret that reports are signed with must have, in bytes.
const leastCarrierSecret = 24

// carrierSecret reads what carriers sign their reports with; nothing: their word is typed in.
func carrierSecret(c config.Config) ([]byte, error) {
	secret, err := config.ReadSecret(c.Carrier.SecretFile)
	if err != nil {
		return nil, fmt.Errorf("carrier.secret_file: %w", err)
	}
	if secret != "" && len(secret) < leastCarrierSecret {
		return nil, fmt.Errorf("carrier.secret_file: it needs %d random characters or more; make one with `openssl rand -hex 32 > FILE`", leastCarrierSecret)
	}
	return []byte(secret), nil
}
