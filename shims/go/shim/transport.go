package shim

import (
	"fmt"
	"net"
)

// A dial makes the transport of a session. It is all that ties the session
// table and the calls to a network: a dial that returns one end of an
// in-memory connection serves as well.
type dial func(address string, socketBuffer int) (net.Conn, error)

// dialTCP connects to address; a socketBuffer over 0 is what the socket's send
// and receive buffer are set to, in bytes. TCP_NODELAY is on, as Go has it.
func dialTCP(address string, socketBuffer int) (net.Conn, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	if socket, ok := conn.(*net.TCPConn); ok && socketBuffer > 0 {
		if err := setBuffers(socket, socketBuffer); err != nil {
			_ = conn.Close()
			return nil, err
		}
	}
	return conn, nil
}

func setBuffers(socket *net.TCPConn, size int) error {
	if err := socket.SetReadBuffer(size); err != nil {
		return fmt.Errorf("receive buffer of %d bytes: %w", size, err)
	}
	if err := socket.SetWriteBuffer(size); err != nil {
		return fmt.Errorf("send buffer of %d bytes: %w", size, err)
	}
	return nil
}
