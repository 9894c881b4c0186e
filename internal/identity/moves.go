package identity

// Moves draws the lives of identity's documents, by name, as Mermaid state diagrams.
func Moves() map[string]string {
	return map[string]string{
		"account":  accountMoves.Mermaid(),
		"session":  sessionMoves.Mermaid(),
		"invite":   inviteMoves.Mermaid(),
		"grant":    grantMoves.Mermaid(),
		"recovery": recoveryMoves.Mermaid(),
		"passkey":  passkeyMoves.Mermaid(),
	}
}
