module yamux-conform/shims/go

go 1.24
