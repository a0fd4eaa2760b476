// Command cluster is everything a Kubernetes API needs on one machine, in one static binary:
// etcd, the API server, the controller manager, the scheduler, kwok for the nodes, and the
// two clients, kubectl and Helm. The program is picked by the name the binary is called by (a
// link named "kubectl") or by its first argument ("cluster kubectl get nodes").
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/etcdmain"
	helm "helm.sh/helm/v4/pkg/cmd"
	"helm.sh/helm/v4/pkg/kube"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // the exec credential that an EKS kubeconfig uses
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	nodefast "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	nodeheartbeat "sigs.k8s.io/kwok/kustomize/stage/node/heartbeat-with-lease"
	podfast "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
	"sigs.k8s.io/kwok/pkg/config"
	kwok "sigs.k8s.io/kwok/pkg/kwok/cmd"
	"sigs.k8s.io/kwok/pkg/log"
	"sigs.k8s.io/kwok/pkg/utils/signals"
)

var programs = map[string]func() int{
	"etcd":                    func() int { etcdmain.Main(os.Args); return 0 },
	"kube-apiserver":          func() int { return cli.Run(apiserver.NewAPIServerCommand()) },
	"kube-controller-manager": func() int { return cli.Run(controllers.NewControllerManagerCommand()) },
	"kube-scheduler":          func() int { return cli.Run(scheduler.NewSchedulerCommand()) },
	"kubectl":                 runKubectl,
	"helm":                    runHelm,
	"kwok":                    runKwok,
	"kwok-stages":             printStages,
}

// alone are the programs that share no flags with the Kubernetes daemons. Those daemons
// register flags of theirs (a "version" that is no bool among them) on the process's common
// flag set when they are imported, which the others then trip over.
var alone = []string{"kubectl", "helm", "kwok"}

func main() {
	name := filepath.Base(os.Args[0])
	if _, known := programs[name]; !known {
		if len(os.Args) < 2 || programs[os.Args[1]] == nil {
			fmt.Fprintf(os.Stderr, "usage: cluster PROGRAM [ARG ...], PROGRAM one of %s\n", strings.Join(names(), ", "))
			os.Exit(2)
		}
		name = os.Args[1]
		os.Args = append([]string{name}, os.Args[2:]...)
	}
	if slices.Contains(alone, name) {
		pflag.CommandLine = pflag.NewFlagSet(name, pflag.ExitOnError)
	}
	os.Exit(programs[name]())
}

func names() []string {
	var all []string
	for name := range programs {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

func runKubectl() int {
	if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err)
	}
	return 0
}

func runHelm() int {
	kube.ManagedFieldsManager = "helm"
	command, err := helm.NewRootCmd(os.Stdout, os.Args[1:], helm.SetupLogging)
	return execute(command, err)
}

func runKwok() int {
	flags := pflag.NewFlagSet("global", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.Usage = func() {}
	context, _ := log.InitFlags(signals.SetupSignalContext(), flags)
	context, err := config.InitFlags(context, flags)
	if err != nil {
		return execute(nil, err)
	}
	command := kwok.NewCommand(context)
	command.PersistentFlags().AddFlagSet(flags)
	command.SetContext(context)
	return execute(command, nil)
}

func execute(command *cobra.Command, err error) int {
	if err == nil {
		err = command.Execute()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		return 1
	}
	return 0
}

// printStages writes the life cycles kwok gives to nodes and pods. kwok reads them from a
// file, which the rehearsal makes of these and its own selectors.
func printStages() int {
	for _, stage := range []string{
		nodefast.DefaultNodeInit, nodeheartbeat.DefaultNodeHeartbeatWithLease,
		podfast.DefaultPodReady, podfast.DefaultPodComplete, podfast.DefaultPodDelete,
	} {
		fmt.Printf("---\n%s\n", strings.TrimSpace(stage))
	}
	return 0
}
