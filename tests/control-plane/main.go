// Command kube-apiserver is the Kubernetes API server, unchanged: the tests talk to the real
// thing. The file exists so that go.mod can pin which one.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}
