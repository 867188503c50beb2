//go:build !go1.25

package shim

// offerLockstep does nothing: testing/synctest is there from Go 1.25 on.
func (s *Server) offerLockstep() {}
