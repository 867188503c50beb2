package main

import (
	"fmt"
	"net"
	"sync"
)

// A session is one yamux session and the streams the harness has names for.
type session struct {
	name  string
	yamux *librarySession
	// calls are the requests that are not answered yet.
	calls sync.WaitGroup
	// ended is closed once the end of the session was told.
	ended          chan struct{}
	opens, accepts queue
	mu             sync.Mutex
	// streams has nil for a label whose open or accept is not over.
	streams map[string]*stream
}

// sessions has nil for a name whose session is being made or ended.
var (
	mu       sync.Mutex
	sessions = map[string]*session{}
)

// beginSession dials and makes a session; its name is taken from now on.
func beginSession(request *request) error {
	name := request.Session
	switch {
	case name == "" || request.Dial == "":
		return fault(`session needs "session" and "dial"`)
	case request.Side != "client" && request.Side != "server":
		return fault(`"side" must be "client" or "server"`)
	}
	config, err := configured(request.Settings)
	if err != nil {
		return err
	}
	mu.Lock()
	defer mu.Unlock()
	if _, taken := sessions[name]; taken {
		return fault("session " + name + " is there already")
	}
	sessions[name] = nil
	go func() {
		made, local, err := makeSession(request, config)
		put(name, made)
		answer(request, fields{"local": local}, err)
	}()
	return nil
}

func makeSession(request *request, config *config) (*session, string, error) {
	// TCP_NODELAY is on by default.
	conn, err := net.Dial("tcp", request.Dial)
	if err != nil {
		return nil, "", fault("cannot dial: " + err.Error())
	}
	made := &session{name: request.Session, ended: make(chan struct{}), streams: map[string]*stream{}}
	once := sync.Once{}
	over := func(class, native string) {
		once.Do(func() {
			say(fields{"event": "session_end", "session": made.name, "class": class, "native": native})
			close(made.ended)
		})
	}
	if made.yamux, err = begin(conn, request.Side, config, over); err != nil {
		conn.Close()
		return nil, "", err
	}
	return made, conn.LocalAddr().String(), nil
}

// endSession ends a session; its name is free once that is answered.
func endSession(request *request) error {
	ending, err := find(request)
	if err != nil {
		return err
	}
	mu.Lock()
	sessions[ending.name] = nil
	mu.Unlock()
	go func() {
		ending.yamux.finish()
		ending.calls.Wait()
		<-ending.ended
		put(ending.name, nil)
		answer(request, fields{}, nil)
	}()
	return nil
}

// put gives a taken name its session, or frees it for nil.
func put(name string, made *session) {
	mu.Lock()
	defer mu.Unlock()
	if made == nil {
		delete(sessions, name)
		return
	}
	sessions[name] = made
}

// find finds the session a request is about.
func find(request *request) (*session, error) {
	mu.Lock()
	defer mu.Unlock()
	if found := sessions[request.Session]; found != nil {
		return found, nil
	}
	return nil, fault(fmt.Sprintf("there is no session %q", request.Session))
}
