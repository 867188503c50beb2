// Package control is the language between harness and shim: JSON lines, one
// request, answer or event each. It knows nothing of yamux.
package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// A Request is one line from the harness. Which fields must be there depends
// on the operation; fields this shim does not know are ignored.
type Request struct {
	ID *uint64 `json:"id"`
	Op string  `json:"op"`

	Session  string                     `json:"session"`
	Stream   string                     `json:"stream"`
	Side     string                     `json:"side"`
	Clock    string                     `json:"clock"`
	Dial     string                     `json:"dial"`
	Settings map[string]json.RawMessage `json:"settings"`

	Protocols []int   `json:"protocols"`
	Bytes     *uint64 `json:"bytes"`
	Times     *uint64 `json:"times"`
	Seed      uint32  `json:"seed"`
	Offset    uint64  `json:"offset"`
	ToEnd     bool    `json:"to_end"`
	Chunk     *uint64 `json:"chunk"`

	ReadUS  Micros `json:"read_us"`
	WriteUS Micros `json:"write_us"`
	// DeadlineUS is nil where there is none.
	DeadlineUS *uint64 `json:"deadline_us"`
	Of         *uint64 `json:"of"`
	// Code is nil where the library is to choose.
	Code *uint32 `json:"code"`

	Segment *uint64 `json:"segment"`
	End     string  `json:"end"`
	Room    *uint64 `json:"room"`
	UntilNS *uint64 `json:"until_ns"`
	// Deliver is base64, still to be decoded.
	Deliver base64Text `json:"deliver"`
}

// base64Text is text that is decoded by whoever uses it.
type base64Text []byte

// UnmarshalText takes the text as it is.
func (t *base64Text) UnmarshalText(text []byte) error {
	*t = bytes.Clone(text)
	return nil
}

// Micros is a time in microseconds that may be absent, null or a number.
type Micros struct {
	// Present says that the field was there, be it null.
	Present bool
	// Value is nil for null.
	Value *uint64
}

// UnmarshalJSON is called for null too, and not for an absent field.
func (m *Micros) UnmarshalJSON(text []byte) error {
	m.Present = true
	return json.Unmarshal(text, &m.Value)
}

// Parse reads one line. Its error is about the line as such, which then has no
// id to answer to.
func Parse(line []byte) (*Request, error) {
	line, deliver, err := cutDeliver(line)
	if err != nil {
		return nil, err
	}
	request := new(Request)
	decoder := json.NewDecoder(bytes.NewReader(line))
	if err := decoder.Decode(request); err != nil {
		return nil, fmt.Errorf("not a request: %w", err)
	}
	if decoder.More() {
		return nil, errors.New("not a request: something follows the object on its line")
	}
	if deliver != nil {
		request.Deliver = deliver
	}
	if request.ID == nil {
		return nil, errors.New("not a request: it has no id")
	}
	if request.Op == "" {
		return nil, fmt.Errorf("not a request: %d has no op", *request.ID)
	}
	return request, nil
}

// cutDeliver takes the value of "deliver" out of a line. It can be by far the
// longest part, base64 needs no unescaping, and the JSON decoder would look at
// every byte of it several times. Where it is written with spaces, the decoder
// finds it. (Inside a string of the line the quotes of the
// key would be escaped, so this finds a key only.)
func cutDeliver(line []byte) (rest, value []byte, err error) {
	const key = `"deliver":"`
	at := bytes.Index(line, []byte(key))
	if at < 0 {
		return line, nil, nil
	}
	begin := at + len(key)
	length := bytes.IndexByte(line[begin:], '"')
	if length < 0 {
		return nil, nil, errors.New(`not a request: "deliver" has no end`)
	}
	value = line[begin : begin+length]
	return append(line[:begin:begin], line[begin+length:]...), value, nil
}
