"""Kubelet endpoint of the nodes: it answers `kubectl logs`, `exec` and `port-forward`.

The API server authorizes a user's request and passes it on to the kubelet of the pod's node, at the
address and port in the node's status. Every node of a rehearsal names this endpoint there. It
listens on loopback, with TLS, and serves only a client with the API server's own certificate.
https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/

kwok has such an endpoint too. It is not used: it authenticates nobody, so that any user of the
machine could run commands in the pods.

    server         the listener, and the answer to each request
    messages       HTTP requests and responses
    pods           containers that run here, and the reason why another one does not
    logs           part of a container's log that is asked for
    exec           one command in a container
    port_forward   connections to a pod's ports
    spdy           protocol by which the API server passes on the streams of exec and port-forward
"""
