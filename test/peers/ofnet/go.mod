module weft/test/peers/ofnet

go 1.26.0

require (
	github.com/contiv/libOpenflow v0.0.0-20210609050114-d967b14cc688
	github.com/sirupsen/logrus v1.10.2
	github.com/wenyingd/ofnet v0.0.0-20210318032909-171b6795a2da
	weft v0.0.0
)

require (
	github.com/Microsoft/go-winio v0.4.14 // indirect
	github.com/cenkalti/hub v1.0.2 // indirect
	github.com/cenkalti/rpc2 v1.0.4 // indirect
	github.com/contiv/libovsdb v0.0.0-20170227191248-d0061a53e358 // indirect
	github.com/streamrail/concurrent-map v0.0.0-20160803124810-238fe79560e1 // indirect
	github.com/tidwall/btree v1.8.1 // indirect
	golang.org/x/sys v0.48.0 // indirect
)

replace weft => ../../..
