module yamux-conform/shims/go-libp2p

go 1.24

require (
	github.com/libp2p/go-yamux/v5 v5.1.0
	yamux-conform/shims/go v0.0.0
)

require github.com/libp2p/go-buffer-pool v0.0.2 // indirect

replace yamux-conform/shims/go => ../go
