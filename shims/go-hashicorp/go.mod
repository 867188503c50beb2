module yamux-conform/shims/go-hashicorp

go 1.24

require (
	github.com/hashicorp/yamux v0.1.2
	yamux-conform/shims/go v0.0.0
)

replace yamux-conform/shims/go => ../go
