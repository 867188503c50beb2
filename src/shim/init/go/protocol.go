package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
)

// A request is one line from the harness. What it does not know it ignores.
type request struct {
	ID        *uint64                    `json:"id"`
	Op        string                     `json:"op"`
	Protocols []int                      `json:"protocols"`
	Session   string                     `json:"session"`
	Side      string                     `json:"side"`
	Dial      string                     `json:"dial"`
	Settings  map[string]json.RawMessage `json:"settings"`
	Stream    string                     `json:"stream"`
	Bytes     *uint32                    `json:"bytes"`
	Times     *uint32                    `json:"times"`
	Seed      uint32                     `json:"seed"`
	Offset    uint64                     `json:"offset"`
	ToEnd     bool                       `json:"to_end"`
	Chunk     *uint32                    `json:"chunk"`
	// Absent, null and a number differ.
	ReadUS  json.RawMessage `json:"read_us"`
	WriteUS json.RawMessage `json:"write_us"`
}

// parse reads a line. Without a request there is no id to answer; with one the
// error is what is wrong with its fields.
func parse(line []byte) (*request, error) {
	var head struct {
		ID *uint64 `json:"id"`
		Op *string `json:"op"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, fmt.Errorf("no request: %w", err)
	}
	if head.ID == nil || head.Op == nil {
		return nil, errors.New(`no request: it needs "id" and "op"`)
	}
	read := &request{}
	if err := json.Unmarshal(line, read); err != nil {
		return &request{ID: head.ID, Op: *head.Op}, fault(err.Error())
	}
	return read, nil
}

// fields is a JSON object.
type fields map[string]any

// A fault says that the request is wrong.
type fault string

func (f fault) Error() string { return string(f) }

// An unsupported says that the library has no such thing, and why.
type unsupported string

func (u unsupported) Error() string { return string(u) }

// A failure is what the library said, and what was done before.
type failure struct {
	err  error
	done fields
}

func (f failure) Error() string { return f.err.Error() }

// answer writes the one answer to a request: ok, unless there is an error.
func answer(request *request, ok fields, err error) {
	line := fields{"id": *request.ID}
	var done fields
	if failed, is := err.(failure); is {
		err, done = failed.err, failed.done
	}
	switch err := err.(type) {
	case nil:
		line["ok"] = ok
	case fault:
		line["fault"] = fields{"message": string(err)}
	case unsupported:
		line["unsupported"] = fields{"reason": string(err)}
	default:
		said := fields{"class": classify(err), "native": err.Error()}
		for name, value := range done {
			said[name] = value
		}
		line["err"] = said
	}
	say(line)
}

var stdout sync.Mutex

// say writes a line.
func say(line fields) {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	stdout.Lock()
	defer stdout.Unlock()
	if _, err := os.Stdout.Write(append(text, '\n')); err != nil {
		panic(err)
	}
}

// configured puts the settings of a request together.
func configured(wanted map[string]json.RawMessage) (*config, error) {
	made := &config{}
	for name, value := range wanted {
		if text := string(value); text == "null" || text == "false" {
			continue
		}
		set, known := setters[name]
		if !known {
			if reason, lacking := lacks[name]; lacking {
				return nil, unsupported(reason)
			}
			return nil, unsupported("there is no setting " + name)
		}
		if err := set(made, value); err != nil {
			return nil, err
		}
	}
	return made, nil
}
