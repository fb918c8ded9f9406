// The vSphere simulator of the tests: Debian's govmomi simulator library, with what it lacks added, and with faults
// that a test can ask for. Nothing of it is a real ESX or vCenter.
//
// It says where it listens in one line of JSON on its standard output, and ends when its standard input does.
package main

import (
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"github.com/vmware/govmomi/simulator"
	// They add the endpoints of vCenter's other services.
	_ "github.com/vmware/govmomi/pbm/simulator"
	_ "github.com/vmware/govmomi/vapi/simulator"
)

// options is what the command line says beside the sizes.
type options struct {
	esx      bool
	listen   string
	cert     string
	key      string
	user     string
	password string
	delay    int
	page     int
	stdin    bool
	trace    string
}

func main() {
	opts, model := parseFlags(os.Args[1:])
	if opts.trace != "" {
		f, err := os.Create(opts.trace)
		if err != nil {
			log.Fatal(err)
		}
		simulator.Trace = true
		simulator.TraceFile = f
	}
	if err := model.Create(); err != nil {
		log.Fatal(err)
	}
	completeInventory()
	simulator.Map.AddHandler(listener{})
	server, err := serve(opts, model)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(server); err != nil {
		log.Fatal(err)
	}
	waitForEnd(opts.stdin)
	model.Remove()
	removeExports()
}

// parseFlags reads the command line: the options, and the model with its sizes.
func parseFlags(arguments []string) (options, *simulator.Model) {
	var opts options
	flags := flag.NewFlagSet("vsphere-simulator", flag.ExitOnError)
	flags.BoolVar(&opts.esx, "esx", false, "a single ESX host and no vCenter")
	flags.StringVar(&opts.listen, "l", "127.0.0.1:0", "where to listen")
	flags.StringVar(&opts.cert, "tlscert", "", "certificate, PEM; without it there is no TLS")
	flags.StringVar(&opts.key, "tlskey", "", "its key, PEM")
	flags.StringVar(&opts.user, "username", "root", "who may log in")
	flags.StringVar(&opts.password, "password", "secret", "with which password")
	flags.IntVar(&opts.delay, "delay", 0, "milliseconds that each call takes at least")
	flags.IntVar(&opts.page, "page", 0, "objects in a page of properties at most, 0 for as many as are asked for")
	flags.BoolVar(&opts.stdin, "stdin", false, "end when standard input ends")
	flags.StringVar(&opts.trace, "trace-file", "", "file for all requests and answers")
	sizes := simulator.VPX()
	counts := map[string]*int{
		"dc": &sizes.Datacenter, "cluster": &sizes.Cluster, "host": &sizes.ClusterHost,
		"standalone-host": &sizes.Host, "ds": &sizes.Datastore, "vm": &sizes.Machine, "pool": &sizes.Pool,
		"pg": &sizes.Portgroup, "folder": &sizes.Folder, "app": &sizes.App, "pod": &sizes.Pod,
	}
	for name, count := range counts {
		flags.IntVar(count, name, *count, "how many of them (vm: in each pool)")
	}
	flags.BoolVar(&sizes.Autostart, "autostart", true, "power on the machines")
	_ = flags.Parse(arguments)
	if !opts.esx {
		return opts, sizes
	}
	model := simulator.ESX()
	model.Autostart = sizes.Autostart
	flags.Visit(func(set *flag.Flag) {
		switch set.Name {
		case "vm":
			model.Machine = sizes.Machine
		case "ds":
			model.Datastore = sizes.Datastore
		case "pool":
			model.Pool = sizes.Pool
		}
	})
	return opts, model
}

// listening is the line that tells where the simulator is.
type listening struct {
	URL     string `json:"url"`
	Control string `json:"control"`
}

// serve starts the listener of the API, and one for the control alone, which needs no TLS.
func serve(opts options, model *simulator.Model) (*listening, error) {
	service := model.Service
	service.RegisterEndpoints = true
	service.Listen = &url.URL{Host: opts.listen, User: url.UserPassword(opts.user, opts.password)}
	if opts.cert != "" {
		pair, err := tls.LoadX509KeyPair(opts.cert, opts.key)
		if err != nil {
			return nil, err
		}
		service.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	}
	server := service.NewServer()
	front := newFront(opts, server.Config.Handler)
	front.hostPort = server.URL.Host
	if service.TLS != nil {
		front.thumbprint = thumbprintOf(service.TLS.Certificates[0].Certificate[0])
	}
	theFront = front
	replaceCollector()
	server.Config.Handler = front
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() { log.Fatal(http.Serve(control, http.HandlerFunc(front.serveControl))) }()
	return &listening{
		URL:     fmt.Sprintf("%s://%s/sdk", server.URL.Scheme, server.URL.Host),
		Control: control.Addr().String(),
	}, nil
}

// waitForEnd returns at a signal, or when whoever started the program has gone.
func waitForEnd(stdin bool) {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGINT, syscall.SIGTERM)
	if stdin {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			end <- syscall.SIGTERM
		}()
	}
	<-end
}
