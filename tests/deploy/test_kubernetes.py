"""`deploy/kubernetes` is what a cluster takes, runs every process, and names settings, queues and secrets there are."""

import re
import shutil
import subprocess

import kubernetes_validate
import pytest
import yaml

from cdsc_portal.background import SILENT_AFTER
from cdsc_portal.command import PROCESSES
from cdsc_portal.env import Environment
from cdsc_portal.gunicorn_config import graceful_timeout
from tools.files import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
OBJECTS = [
    each for name in KUSTOMIZATION["resources"] for each in yaml.safe_load_all((FOLDER / name).read_text())
]
PODS = {
    each["metadata"]["name"]: each["spec"]["template"]
    for each in OBJECTS
    if "template" in each.get("spec", {})
}
VERSIONS = ("1.31", "1.37")


def named(kind):
    return {each["metadata"]["name"]: each for each in OBJECTS if each["kind"] == kind}


def container_of(pod):
    (container,) = pod["spec"]["containers"]
    return container


def settings_of_file():
    lines = (FOLDER / "portal.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize("version", VERSIONS)
def test_each_object_is_one_of_kubernetes(version):
    for each in OBJECTS:
        kubernetes_validate.validate(each, version, strict=True)
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(OBJECTS[0] | {"specs": {}}, version, strict=True)


def test_kustomize_builds_it():
    """Where there is kubectl; what it would read is there on any machine."""
    assert {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"} == set(
        KUSTOMIZATION["resources"]
    )
    assert KUSTOMIZATION["configMapGenerator"] == [{"name": "portal", "envs": ["portal.env"]}]
    if kubectl := shutil.which("kubectl"):
        built = subprocess.run(
            [kubectl, "kustomize", str(FOLDER)], check=True, capture_output=True, text=True
        )
        objects = list(yaml.safe_load_all(built.stdout))
        (settings,) = [each for each in objects if each["kind"] == "ConfigMap"]
        names = re.findall(r"name: (portal-\w{10})\n", built.stdout)
        assert settings["data"] == settings_of_file()
        assert set(names) == {settings["metadata"]["name"]} and len(names) > len(PODS)
        assert "image: cdsc-portal\n" not in built.stdout
        for each in objects:
            kubernetes_validate.validate(each, VERSIONS[-1], strict=True)


def test_each_process_runs_and_each_queue_has_one_worker():
    commands = {name: container_of(pod)["args"] for name, pod in PODS.items()}
    served = [args[args.index("--queues") + 1] for args in commands.values() if "--queues" in args]

    assert all(args[0] == "cdsc-portal" for args in commands.values())
    assert {args[1] for args in commands.values()} == {*PROCESSES, "migrate"}
    assert sorted(served) == sorted(SILENT_AFTER)
    assert commands["portal-migrate"] == ["cdsc-portal", "migrate"]
    for name in named("Deployment"):  # none begins before the database is of its release
        (first,) = PODS[name]["spec"]["initContainers"]
        assert first["args"] == ["cdsc-portal", "migrate", "--check"], name


def test_beat_runs_once_and_the_others_grow():
    deployments, scaled = named("Deployment"), named("HorizontalPodAutoscaler")

    assert set(scaled) == set(deployments) - {"portal-beat"}
    assert all(each["spec"]["scaleTargetRef"]["name"] == name for name, each in scaled.items())
    assert all("cpu" in container_of(PODS[name])["resources"]["requests"] for name in scaled)
    assert deployments["portal-beat"]["spec"]["replicas"] == 1
    assert deployments["portal-beat"]["spec"]["strategy"] == {"type": "Recreate"}


def test_no_pod_is_root_or_writes_to_its_image():
    for name, pod in PODS.items():
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True, name
        assert pod["spec"]["securityContext"]["runAsUser"] == 10001
        assert pod["spec"]["automountServiceAccountToken"] is False
        for container in (*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])):
            assert container["securityContext"] == {
                "readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]},
            }, name  # fmt: skip
            assert "memory" in container["resources"]["limits"], name


def test_variables_are_settings_and_what_is_secret_is_a_file():
    settings = settings_of_file()
    fields = Environment.model_fields
    by_file = {name: value for name, value in settings.items() if name.lower() not in fields}
    made = set(re.findall(r"--from-file=(\w+)", (FOLDER / "kustomization.yaml").read_text()))
    files = {value.rpartition("/")[2] for value in by_file.values()}

    for name in settings:
        field = fields[name.removesuffix("_FILE").lower() if name in by_file else name.lower()]
        assert field.repr or name in by_file, f"{name} is secret"
    assert files == made
    for name, pod in PODS.items():
        for container in (*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])):
            assert container["envFrom"] == [{"configMapRef": {"name": "portal"}}], name
        mounts = {each["name"]: each["mountPath"] for each in container_of(pod)["volumeMounts"]}
        assert (mounts["var"], mounts["journal"]) == (settings["VAR_DIR"], settings["CONSENT_JOURNAL"])
        assert all(value.startswith(mounts["secrets"]) for value in by_file.values())
        assert {volume["name"] for volume in pod["spec"]["volumes"]} == set(mounts)
    claimed = {
        volume["persistentVolumeClaim"]["claimName"]
        for pod in PODS.values()
        for volume in pod["spec"]["volumes"]
        if "persistentVolumeClaim" in volume
    }
    assert claimed == set(named("PersistentVolumeClaim"))


def test_the_way_to_web_servers_and_the_end_of_each_pod():
    web = container_of(PODS["portal-web"])
    (port,) = web["ports"]

    assert web["args"][-1].endswith(f":{port['containerPort']}")
    assert named("Service")["portal-web"]["spec"]["selector"] == PODS["portal-web"]["metadata"]["labels"]
    assert {web[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe")} == {"/health/live"}
    assert web["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    for name, pod in PODS.items():
        if "worker" in name:
            assert pod["spec"]["terminationGracePeriodSeconds"] == 600
        if "worker" in name or "beat" in name:  # a probe marks it, and ends no worker at work
            container = container_of(pod)
            assert settings_of_file()["ALIVE_SIGN"] in container["readinessProbe"]["exec"]["command"][-1]
            assert "livenessProbe" not in container
    assert PODS["portal-web"]["spec"]["terminationGracePeriodSeconds"] > graceful_timeout
