"""The manifests for Kubernetes: valid, at one with each other, and with Docker Compose.

What a cluster makes of them is in test_kubernetes.py.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
import yaml
from support.answers import combinations, label
from support.commands import ROOT
from support.projects import Bakery, Project

OWN = {"app": "own", "command": "python serve.py", "code": "serve.py", "port": "8123"}
SERVICES = ["postgres", "redis"]
PROJECTS: list[dict[str, Any]] = [
    *({"app": "web", **answers} for answers in combinations("services")),
    {**OWN, "isolation": "docker", "writes": "instance var/log"},
    {**OWN, "project_name": "Speaks", "protocol": "tcp"},
    {**OWN, "command": "gunicorn shop:app", "company_network": True},
    {"app": "web", "services": SERVICES, "project_name": "4 Ab.c-d_E"},
    {"app": "web", "services": SERVICES, "project_name": "p" * 64},
    {"app": "web", "project_name": "x" * 49 + " y" * 7},
]

Manifest = dict[str, Any]


@pytest.fixture(
    scope="module", params=PROJECTS, ids=lambda answers: label(answers).replace(" ", "")[:40]
)
def project(request: pytest.FixtureRequest, bake: Bakery) -> Project:
    return bake(deploy="kubernetes", **request.param)


def kustomize(project: Project, folder: str = "production", **options: Any) -> list[Manifest]:
    """Return what `kubectl kustomize` prints."""
    done = project.run("kubectl", "kustomize", f"kustomize/{folder}", **options)
    assert done.stderr == "", "a warning"
    return list(yaml.safe_load_all(done.stdout))


@pytest.fixture(scope="module")
def manifests(project: Project) -> list[Manifest]:
    """All manifests of a project, and the examples, which are used when their file is named."""
    name = "kustomize/production/kustomization.yaml"
    before = project.read(name)
    project.write(name, before.replace("  # - examples.yaml", "  - examples.yaml"))
    found = kustomize(project)
    project.write(name, before)
    assert len(found) > len(kustomize(project))
    return found


def pick(manifests: list[Manifest], kind: str, ending: str = "") -> Manifest:
    """Return the one manifest of a kind, or the one whose name ends like this."""
    of_kind = [m for m in manifests if m["kind"] == kind]
    [found] = [m for m in of_kind if m["metadata"]["name"].endswith(ending) or len(of_kind) == 1][
        :1
    ]
    return found


def templates(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """Yield the name and the pod template of each that makes pods."""
    for manifest in manifests:
        spec = manifest.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            yield manifest["metadata"]["name"], spec["template"]


def application(manifests: list[Manifest]) -> Manifest:
    """Return the Deployment of the application."""
    [found] = [
        m for m in manifests
        if m["kind"] == "Deployment" and not m["metadata"]["name"].endswith("-worker")
    ]  # fmt: skip
    return found


def container(manifest: Manifest) -> Manifest:
    [found] = manifest["spec"]["template"]["spec"]["containers"]
    return dict(found)


# --- What Kubernetes takes ---------------------------------------------------------------


def test_kubernetes_takes_every_field(manifests: list[Manifest]) -> None:
    for manifest in manifests:
        kubernetes_validate.validate(manifest, "1.37", strict=True)


def test_kubernetes_takes_every_name(manifests: list[Manifest]) -> None:
    """Of Services they are the shortest: 63 characters, and no digit at the beginning."""
    names = {m["metadata"]["name"] for m in manifests} | {
        m["metadata"]["namespace"] for m in manifests
    }
    for name in names:
        assert re.fullmatch(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", name), name


def test_the_base_is_complete_without_production(project: Project) -> None:
    for manifest in kustomize(project, "base"):
        kubernetes_validate.validate(manifest, "1.37", strict=True)
        assert "envFrom" not in json.dumps(manifest)


def test_a_misspelt_field_is_noticed(manifests: list[Manifest]) -> None:
    wrong = json.loads(json.dumps(application(manifests)).replace("runAsNonRoot", "runAsNonroot"))
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.37", strict=True)


# --- At one with each other --------------------------------------------------------------


def test_a_service_and_the_rest_select_the_pods_of_the_application_alone(
    manifests: list[Manifest],
) -> None:
    labels = {name: pod["metadata"]["labels"] for name, pod in templates(manifests)}
    app = application(manifests)
    selectors = [
        pick(manifests, "Service")["spec"]["selector"],
        pick(manifests, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        pick(manifests, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
        app["spec"]["selector"]["matchLabels"],
        *(
            spread["labelSelector"]["matchLabels"]
            for spread in app["spec"]["template"]["spec"]["topologySpreadConstraints"]
        ),
    ]
    assert len(selectors) == 5
    for selector in selectors:
        selected = [name for name in labels if selector.items() <= labels[name].items()]
        assert selected == [app["metadata"]["name"]]


def test_each_port_that_is_named_exists(manifests: list[Manifest], project: Project) -> None:
    [port] = container(application(manifests))["ports"]
    [served] = pick(manifests, "Service")["spec"]["ports"]
    assert served["targetPort"] == port["name"]
    expected = 8000 if project.answers["app"] == "web" else int(project.answers["port"])
    assert port["containerPort"] == expected

    [allowed] = pick(manifests, "NetworkPolicy")["spec"]["ingress"][0]["ports"]
    assert allowed["port"] == port["name"]
    [rule] = pick(manifests, "Ingress")["spec"]["rules"]
    behind = rule["http"]["paths"][0]["backend"]["service"]
    assert behind == {
        "name": pick(manifests, "Service")["metadata"]["name"],
        "port": {"name": served["name"]},
    }

    for probe in probes(application(manifests)).values():
        if "httpGet" in probe:
            assert probe["httpGet"]["port"] == port["name"]


def probes(manifest: Manifest) -> dict[str, Any]:
    """Return the three probes by their name."""
    found = {k: v for k, v in container(manifest).items() if k.endswith("Probe")}
    assert found.keys() == {"startupProbe", "readinessProbe", "livenessProbe"}
    return found


def test_the_autoscaler_scales_the_application(manifests: list[Manifest]) -> None:
    scaled = pick(manifests, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    app = application(manifests)
    assert scaled == {
        "apiVersion": app["apiVersion"],
        "kind": app["kind"],
        "name": app["metadata"]["name"],
    }


def test_all_pods_have_the_same_image_and_settings(
    manifests: list[Manifest], project: Project
) -> None:
    [settings] = [m for m in manifests if m["kind"] == "ConfigMap"]
    images = set()
    for name, pod in templates(manifests):
        [only] = pod["spec"]["containers"]
        images.add(only["image"])
        maps = [
            source["configMapRef"]["name"] for source in only["envFrom"] if "configMapRef" in source
        ]
        assert maps == [settings["metadata"]["name"]], name
        secrets = [
            source["secretRef"]["name"] for source in only["envFrom"] if "secretRef" in source
        ]
        if "postgres" in project.answers["services"] and not name.endswith("-nightly"):
            assert secrets == [application(manifests)["metadata"]["name"]], name
    [image] = images
    assert image.startswith("registry.example.com/") and image.endswith(":1.0.0")


def test_every_pod_is_hardened_alike(manifests: list[Manifest]) -> None:
    for name, pod in templates(manifests):
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["enableServiceLinks"] is False, name
        ids = {"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001}
        assert ids.items() <= spec["securityContext"].items(), name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        [only] = spec["containers"]
        assert only["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        }, name
        assert only["resources"].keys() == {"requests", "limits"}, name
        assert only["resources"]["limits"].keys() == {"memory"}, "a limit slows down an idle node"
        assert only["resources"]["requests"].keys() == {"cpu", "memory"}, name


def test_no_request_is_lost_by_the_way_it_rolls(
    manifests: list[Manifest], project: Project
) -> None:
    app = application(manifests)
    assert app["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert app["spec"]["minReadySeconds"] == 3
    assert pick(manifests, "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1

    [word, seconds] = container(app)["lifecycle"]["preStop"]["exec"]["command"]
    assert word == "sleep" and int(seconds) == 5
    needed = int(seconds)
    if project.answers["app"] == "web":
        given = {entry["name"]: entry["value"] for entry in container(app)["env"]}
        assert 0 < int(given["APP_DRAIN_SECONDS"]) <= 5
        needed += sum(map(int, given.values()))
        settings = project.read("src/" + project.answers["package_name"] + "/settings.py")
        for name in given:
            assert f"    {name.removeprefix('APP_').lower()}: int = " in settings
    assert app["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > needed


def test_a_changed_setting_rolls_out(project: Project) -> None:
    [before] = [m for m in kustomize(project) if m["kind"] == "ConfigMap"]
    name = "kustomize/production/settings.env"
    text = project.read(name)
    project.write(name, f"{text}\nAPP_GREETING=Hi\n")
    [after] = [m for m in kustomize(project) if m["kind"] == "ConfigMap"]
    project.write(name, text)
    assert before["metadata"]["name"] != after["metadata"]["name"]


def test_the_first_step_of_a_release_is_the_job_and_its_settings(
    manifests: list[Manifest], project: Project
) -> None:
    first = [m["kind"] for m in manifests if m["metadata"].get("labels", {}).get("release-step")]
    migrates = "postgres" in project.answers["services"]
    assert sorted(first) == (["ConfigMap", "Job"] if migrates else ["ConfigMap"])


def test_no_password_is_in_the_manifests_and_no_setting_unknown(
    manifests: list[Manifest], project: Project
) -> None:
    [settings] = [m for m in manifests if m["kind"] == "ConfigMap"]
    shown = set(settings.get("data", {}))
    if project.answers["app"] == "web":
        known = set(re.findall(r"^#?([A-Z_]+)=", project.read(".env.example"), re.MULTILINE))
        assert shown <= known
    assert not [m for m in manifests if m["kind"] == "Secret"]
    assert "POSTGRES_PASSWORD" not in shown


# --- At one with Docker Compose ----------------------------------------------------------


@pytest.fixture(scope="module")
def composed(project: Project) -> dict[str, Manifest]:
    """The services as Docker Compose starts them in production."""
    words = ("docker", "compose", "-f", "compose.yaml", "config", "--format", "json")
    done = project.run(*words, env={"POSTGRES_PASSWORD": "x"})
    return dict(json.loads(done.stdout)["services"])


def size(text: str) -> int:
    """Return how many bytes a size is, of Kubernetes or of Compose."""
    number, unit = re.fullmatch(r"(\d+)(\w*)", text).groups()  # type: ignore[union-attr]
    return int(number) * {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}[unit[:1].lower()]


@pytest.mark.needs("docker")
def test_the_base_has_what_compose_has(project: Project, composed: dict[str, Manifest]) -> None:
    base = kustomize(project, "base")
    pairs = [(application(base), composed["app"])]
    if "migrate" in composed:
        pairs.append((pick(base, "Job"), composed["migrate"]))

    for manifest, service in pairs:
        here, pod = container(manifest), manifest["spec"]["template"]["spec"]
        assert here["image"] == service["image"].removesuffix(":migrate")
        assert size(here["resources"]["limits"]["memory"]) == int(service["mem_limit"])

        assert here["securityContext"]["readOnlyRootFilesystem"] == service["read_only"]
        assert here["securityContext"]["capabilities"]["drop"] == service["cap_drop"]
        privileges = here["securityContext"]["allowPrivilegeEscalation"]
        assert ("no-new-privileges:true" in service["security_opt"]) == (not privileges)

        [there] = service["tmpfs"]
        path, _, options = there.partition(":")
        folders = {entry["source"]: entry["target"] for entry in service.get("volumes", [])}
        mounts = {mount["name"]: mount["mountPath"] for mount in here["volumeMounts"]}
        assert mounts == {"tmp": path, **folders}
        [volume, *others] = pod["volumes"]
        assert others == [{"name": name, "emptyDir": {}} for name in folders]
        assert volume["emptyDir"]["medium"] == "Memory"
        limit = dict(o.split("=") for o in options.split(","))["size"]
        assert size(volume["emptyDir"]["sizeLimit"]) == size(limit)

    if "migrate" in composed:
        job = pick(base, "Job")
        assert container(job)["command"] == composed["migrate"]["entrypoint"]


@pytest.mark.needs("docker")
def test_it_listens_and_is_checked_as_with_compose(
    project: Project, composed: dict[str, Manifest]
) -> None:
    app = application(kustomize(project, "base"))
    [published] = composed["app"]["ports"]
    [port] = container(app)["ports"]
    assert port["containerPort"] == published["target"]

    _, *check = composed["app"]["healthcheck"]["test"]
    for name, probe in probes(app).items():
        if project.answers["app"] == "web":
            assert probe["httpGet"]["path"] == "/healthz" and '"/healthz"' in check[-1]
        else:
            assert probe["exec"]["command"] == check, name


def test_it_runs_as_the_user_of_the_image(project: Project, manifests: list[Manifest]) -> None:
    runtime = project.read("Dockerfile").rpartition("\nFROM ")[2]
    [user] = re.findall(r"^USER (\d+:\d+)$", runtime, re.MULTILINE)
    for name, pod in templates(manifests):
        given = pod["spec"]["securityContext"]
        assert f"{given['runAsUser']}:{given['runAsGroup']}" == user, name


@pytest.mark.needs("docker")
def test_compose_does_not_drain(composed: dict[str, Manifest]) -> None:
    """With one container, there is no other that would take the requests meanwhile."""
    assert "APP_DRAIN_SECONDS" not in composed["app"].get("environment", {})


# --- Switched on and off -----------------------------------------------------------------


def files_of(project: Project, folder: str) -> dict[str, bytes]:
    return {name: data for name, data in project.files().items() if name.startswith(folder)}


def update(project: Project, deploy: str) -> str:
    """Switch as documented; return what the terminal shows."""
    words = ("copier", "update", "--defaults", "--vcs-ref=v1.0.0", "--data", f"deploy={deploy}")
    done = project.run(sys.executable, "-m", *words)
    return done.stdout + done.stderr


def test_switching_it_off_keeps_what_is_yours_and_on_brings_the_rest_back(
    bake: Bakery, repository: Any
) -> None:
    project = bake(repository, "v1.0.0", app="web", services=["postgres"], deploy="kubernetes")
    project.append("kustomize/production/settings.env", "APP_GREETING=Hi\n")
    project.commit()
    base = files_of(project, "kustomize/base/")
    yours = files_of(project, "kustomize/production/")
    assert len(base) + len(yours) <= 8

    assert "kustomize/production is yours, so it was kept" in update(project, "none")
    assert files_of(project, "kustomize/") == yours
    project.commit()
    assert "was kept" not in update(project, "kubernetes")
    assert files_of(project, "kustomize/") == base | yours


def test_without_it_nothing_is_said_of_it(bake: Bakery, repository: Any) -> None:
    project = bake(repository, "v1.0.0", app="web")
    project.commit()
    assert "kustomize" not in update(project, "none")
    assert files_of(project, "kustomize/") == {}


@pytest.mark.parametrize(
    "answers", [{"isolation": "venv", "app": "web"}, {"app": "cli"}, {"app": "own"}], ids=label
)
def test_what_has_no_image_or_does_not_listen_gets_no_manifests(
    answers: dict[str, Any], bake: Bakery
) -> None:
    project = bake(deploy="kubernetes", **answers)
    assert files_of(project, "kustomize/") == {}
    assert project.answers["deploy"] == "kubernetes", "kept for a later switch"


# --- What docs/deploy.md shows ---------------------------------------------------------


def shown(start: str) -> list[str]:
    """Return the blocks of YAML in docs/deploy.md that start with a line, without that line."""
    page = (ROOT / "docs/deploy.md").read_text("utf-8")
    return re.findall(rf"^```yaml\n{re.escape(start)}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def test_the_patches_that_are_shown_fit(project: Project) -> None:
    """Also together with the examples."""
    name = "kustomize/production/kustomization.yaml"
    before = project.read(name)
    folders = project.answers.get("writes", "").split()
    patches = [patch for patch in shown("patches:") if folders or "app-instance" not in patch]
    deployed = application(kustomize(project))["metadata"]["name"]
    text = before.replace("  # - examples.yaml", "  - examples.yaml\n  - claim.yaml")
    project.write(name, text + "".join(patches).replace("my-project", deployed))
    [claim] = shown("# kustomize/production/claim.yaml")
    project.write("kustomize/production/claim.yaml", claim)
    found = kustomize(project)
    project.write(name, before)

    for manifest in found:
        kubernetes_validate.validate(manifest, "1.37", strict=True)
    app = application(found)
    assert app["spec"]["strategy"] == {"type": "Recreate"}
    mounted = {mount["mountPath"] for mount in container(app)["volumeMounts"]}
    assert mounted == {"/tmp", "/run/secrets", "/data", *(f"/app/{path}" for path in folders)}
    claims = {
        volume["persistentVolumeClaim"]["claimName"]
        for volume in app["spec"]["template"]["spec"]["volumes"]
        if "persistentVolumeClaim" in volume and "emptyDir" not in volume
    }
    assert claims == (
        {"data", pick(found, "PersistentVolumeClaim")["metadata"]["name"]} if folders else {"data"}
    )


# --- An external database with Compose ---------------------------------------------------


@pytest.mark.needs("docker")
def test_compose_leaves_the_services_out_as_documented(bake: Bakery) -> None:
    """The block is the one of docs/deploy.md."""
    project = bake(app="web", services=SERVICES)
    [block] = shown("# compose.external.yaml")
    project.write("compose.external.yaml", block)
    words = ("docker", "compose", "-f", "compose.yaml", "-f", "compose.external.yaml")
    done = project.run(*words, "config", "--format", "json", env={"POSTGRES_PASSWORD": "x"})
    services = json.loads(done.stdout)["services"]
    del services["test"]  # which production never starts
    assert services.keys() == {"app", "migrate"}
    for service in services.values():
        given = service["environment"]
        assert given["APP_DATABASE_URL"] == "postgresql://app@postgres.example.com/app"
        assert given["APP_REDIS_URL"] == "redis://redis.example.com"
    assert services["app"]["depends_on"].keys() == {"migrate"}
    assert not services["migrate"].get("depends_on")
