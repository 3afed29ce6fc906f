// Command etcd is the etcd server, unchanged, in the version that the pinned API server is built
// against.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
