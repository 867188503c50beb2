// Package lockstep is the program that serves the shim protocol in virtual
// time. It is a test binary, because Go's testing/synctest needs a test:
//
//	go test -c -tags lockstep -o go-hashicorp-lockstep ./internal/lockstep
//
// Without the tag there is nothing in here.
package lockstep
