package control

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sync"
)

// A Writer writes answers and events from many goroutines, a line at a time.
type Writer struct {
	// Heard, if not nil, is called after every line but those of a log.
	Heard func()

	mu  sync.Mutex
	out io.Writer
	err error
}

// NewWriter returns a Writer whose every line is one Write of out.
func NewWriter(out io.Writer) *Writer { return &Writer{out: out} }

// Answer writes the one answer to request id.
func (w *Writer) Answer(id uint64, answer Answer) {
	w.line(struct {
		ID          uint64   `json:"id"`
		OK          any      `json:"ok,omitempty"`
		Err         *Failure `json:"err,omitempty"`
		Unsupported *Refusal `json:"unsupported,omitempty"`
		Fault       *Trouble `json:"fault,omitempty"`
	}{id, answer.OK, answer.Err, answer.Unsupported, answer.Fault})
	w.heard()
}

// Progress says that the call of request id has moved so many bytes so far and
// goes on.
func (w *Writer) Progress(id, bytes uint64) {
	w.line(struct {
		Event string `json:"event"`
		Of    uint64 `json:"of"`
		Bytes uint64 `json:"bytes"`
	}{"progress", id, bytes})
	w.heard()
}

// SessionEnd says that a session has ended, and why.
func (w *Writer) SessionEnd(session, class, native string) {
	w.line(struct {
		Event   string `json:"event"`
		Session string `json:"session"`
		Class   string `json:"class"`
		Native  string `json:"native"`
	}{"session_end", session, class, native})
	w.heard()
}

// Log passes on a line of the implementation's own log.
func (w *Writer) Log(session, text string) {
	w.line(struct {
		Event   string `json:"event"`
		Session string `json:"session"`
		Text    string `json:"text"`
	}{"log", session, text})
}

// Stuck says that virtual time cannot pass, and why.
func (w *Writer) Stuck(reason string) {
	w.line(struct {
		Event  string `json:"event"`
		Reason string `json:"reason"`
	}{"stuck", reason})
}

// Fault reports trouble that belongs to no request.
func (w *Writer) Fault(message string) {
	w.line(struct {
		Event   string `json:"event"`
		Message string `json:"message"`
	}{"fault", message})
}

// Failed returns the first error of the output, after which nothing is written.
func (w *Writer) Failed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

func (w *Writer) line(value any) {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	// Encode ends the line.
	if err := encoder.Encode(value); err != nil {
		w.fail(err)
		return
	}
	w.Line(line.Bytes())
}

// Line writes a line that is ready, with its line feed.
func (w *Writer) Line(line []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return
	}
	if _, err := w.out.Write(line); err != nil {
		w.err = cannotWrite(err)
	}
}

// Flush writes out what the output has buffered, if it buffers.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if buffered, ok := w.out.(interface{ Flush() error }); ok {
		return buffered.Flush()
	}
	return nil
}

func (w *Writer) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = cannotWrite(err)
	}
}

func cannotWrite(err error) error { return fmt.Errorf("cannot write to the harness: %w", err) }

func (w *Writer) heard() {
	if w.Heard != nil {
		w.Heard()
	}
}
