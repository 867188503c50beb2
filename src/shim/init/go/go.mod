module my-yamux-shim

go 1.22
