package control

// An Answer has exactly one of its four fields set.
type Answer struct {
	// OK holds what the call did.
	OK any
	// Err is the implementation's no, which the scenario judges.
	Err *Failure
	// Unsupported says why the implementation cannot be asked for this.
	Unsupported *Refusal
	// Fault is trouble of the shim itself or of the request.
	Fault *Trouble
}

// A Failure is an error of the implementation and what was done before it.
type Failure struct {
	Class  string  `json:"class"`
	Native string  `json:"native"`
	Bytes  *uint64 `json:"bytes,omitempty"`
	CRC32  *uint32 `json:"crc32,omitempty"`
	Told   *uint32 `json:"told,omitempty"`
}

// A Refusal says why something is not supported.
type Refusal struct {
	Reason string `json:"reason"`
}

// A Trouble says what went wrong.
type Trouble struct {
	Message string `json:"message"`
}

// OK is the answer of a call that did what it was asked.
func OK(done any) Answer { return Answer{OK: done} }

// Nothing is what a call that has nothing to tell puts into its OK.
type Nothing struct{}

// Err is the answer of a call to which the implementation said no.
func Err(failure Failure) Answer { return Answer{Err: &failure} }

// Unsupported is the answer to what the implementation cannot do.
func Unsupported(reason string) Answer { return Answer{Unsupported: &Refusal{reason}} }

// Fault is the answer where shim or request are wrong.
func Fault(message string) Answer { return Answer{Fault: &Trouble{message}} }
