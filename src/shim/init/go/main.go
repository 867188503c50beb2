// A shim: yamux-conform asks on stdin, one JSON object a line; the library is
// called; the answers go to stdout. This is the protocol of
// docs/writing-a-shim.md, whatever the library is; yours is library.go.
//
// A panic is recovered nowhere: the process dies and says where.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
)

func main() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<16)
	for {
		// A line has no largest length: the harness decides what it asks.
		line, err := lines.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			take(line)
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "cannot read from the harness:", err)
			os.Exit(1)
		}
	}
}

// take takes one line up. It waits for no call: the next line may be about
// what this one waits for.
func take(line []byte) {
	request, err := parse(line)
	if request == nil {
		say(fields{"event": "fault", "message": err.Error()})
		return
	}
	if err == nil {
		err = begun(request)
	}
	if err != nil {
		answer(request, nil, err)
	}
}

// begun checks a request and begins what it asks, or says why not.
func begun(request *request) error {
	switch request.Op {
	case "hello":
		ok, err := hello(request)
		answer(request, ok, err)
		return nil
	case "session":
		return beginSession(request)
	case "end":
		return endSession(request)
	case "bye":
		answer(request, fields{}, nil)
		os.Exit(0)
	}
	prepare, known := actions[request.Op]
	if !known {
		return unsupported("there is no operation " + request.Op)
	}
	if reason, lacking := lacks[request.Op]; lacking {
		return unsupported(reason)
	}
	session, err := find(request)
	if err != nil {
		return err
	}
	call, err := prepare(session, request)
	if err != nil {
		return err
	}
	session.calls.Add(1)
	go func() {
		defer session.calls.Done()
		ok, err := call()
		answer(request, ok, err)
	}()
	return nil
}

func hello(request *request) (fields, error) {
	if !slices.Contains(request.Protocols, 1) {
		return nil, unsupported("this shim speaks protocol 1")
	}
	able, settings, missing := []string{}, []string{}, []fields{}
	for name := range actions {
		if _, lacking := lacks[name]; !lacking {
			able = append(able, name)
		}
	}
	for name := range setters {
		settings = append(settings, name)
	}
	for name, reason := range lacks {
		missing = append(missing, fields{"name": name, "reason": reason})
	}
	return fields{
		"protocol": 1, "implementation": implementation(), "sides": []string{"client", "server"},
		"clocks": []string{"live"}, "actions": able, "settings": settings, "habits": habits, "unsupported": missing,
	}, nil
}
