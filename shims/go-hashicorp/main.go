// Command go-hashicorp is the shim that lets yamux-conform drive
// github.com/hashicorp/yamux: requests as JSON lines on stdin, answers and
// events as JSON lines on stdout. docs/writing-a-shim.md is the protocol.
package main

import (
	"fmt"
	"os"

	"yamux-conform/shims/go-hashicorp/internal/shim"
)

func main() {
	if err := shim.NewServer(os.Stdout, shim.DialTCP).Serve(os.Stdin); err != nil {
		fmt.Fprintf(os.Stderr, "go-hashicorp: %v\n", err)
		os.Exit(1)
	}
}
