package main

import (
	"errors"
	"testing"

	"yamux-conform/shims/go/library"
	"yamux-conform/shims/go/shimtest"
)

func TestEveryErrorOfTheLibraryHasAClass(t *testing.T) {
	var made []shimtest.MadeError
	for text, class := range unnamed {
		made = append(made, shimtest.MadeError{Text: text, Example: errors.New(text), Class: class})
	}
	shimtest.EveryErrorHasAClass(t, &hashicorp, exported, made, map[string]string{
		"VerifyConfig": "it judges settings: it answers a session request, never a call",
	})
	if class := classOf(errors.New("something new")); class != library.Unclassified {
		t.Errorf("a new error is classed as %s", class)
	}
}
