"""Checks rendered manifests: against the API's own types, strictly, and for what ties them to one another.

    kubectl kustomize deploy/kubernetes/base > base.yaml && python deploy/kubernetes/check.py base.yaml

KEDA's ScaledObject is no type of the API server, and no package carries its schema; of it only the ties are checked.
"""

import sys
import tomllib
from pathlib import Path

import kubernetes_validate
import yaml

# Versions of the API, the oldest and the newest that the manifests are meant for.
VERSIONS = ("1.30", "1.37")
LABELS = {"app.kubernetes.io/name": "copydesk"}


def check(path: Path) -> list[str]:
    manifests = [manifest for manifest in yaml.safe_load_all(path.read_text()) if manifest]
    problems, kinds = [], {manifest["kind"]: manifest for manifest in manifests}

    def demand(right: bool, problem: str) -> None:
        if not right:
            problems.append(f"{path.stem}: {problem}")

    for manifest in manifests:
        if manifest["apiVersion"].startswith("keda.sh/"):
            continue
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(manifest, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                place = ".".join(map(str, error.path))
                problems.append(f"{path.stem}: {manifest['kind']} {place}: {error.message} (Kubernetes {version})")

    if problems:
        return problems

    stateful = kinds["StatefulSet"]["spec"]
    pod = stateful["template"]["spec"]
    (container,) = pod["containers"]
    name = kinds["StatefulSet"]["metadata"]["name"]

    # Every selector has to find the pods, and an empty one finds those of others.
    demand(stateful["template"]["metadata"]["labels"] == LABELS, "the pods have other labels")
    for kind, selector in (
        ("StatefulSet", stateful["selector"]["matchLabels"]),
        ("Service", kinds["Service"]["spec"]["selector"]),
        ("PodDisruptionBudget", kinds["PodDisruptionBudget"]["spec"]["selector"].get("matchLabels")),
        ("NetworkPolicy", kinds["NetworkPolicy"]["spec"]["podSelector"].get("matchLabels")),
    ):
        demand(selector == LABELS, f"the {kind} selects {selector}")
    demand(stateful["serviceName"] == kinds["Service"]["metadata"]["name"], "the StatefulSet names another Service")

    # The profile `restricted` of the Pod Security Standards.
    context, confined = pod["securityContext"], container["securityContext"]
    demand(context["runAsNonRoot"] and context["runAsUser"] > 0, "the pod may run as root")
    demand(context["seccompProfile"]["type"] == "RuntimeDefault", "system calls are not filtered")
    demand(confined["allowPrivilegeEscalation"] is False, "privileges can be escalated")
    demand(confined["readOnlyRootFilesystem"], "the root can be written to")
    demand(confined["capabilities"] == {"drop": ["ALL"]}, "capabilities are left")

    # What the service relies on.
    demand(pod["terminationGracePeriodSeconds"] > 20, "the grace is not above service.shutdown_deadline")
    env = {entry["name"]: entry["valueFrom"] for entry in container["env"]}
    instance = env["COPYDESK_KAFKA_INSTANCE"].get("fieldRef", {}).get("fieldPath")
    limits = container.get("resources", {}).get("limits", {})
    demand({"cpu", "memory"} <= limits.keys(), "nothing bounds what a pod takes, nor says how many workers it may have")
    demand(instance == "metadata.name", "the id of an instance is not the name of its pod")
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        demand(container[probe]["httpGet"]["port"] in ports, f"{probe} asks a port that is not there")
    mounts = {mount["name"] for mount in container["volumeMounts"]}
    demand(mounts == {volume["name"] for volume in pod["volumes"]}, "volumes and mounts differ")
    configuration = next(volume for volume in pod["volumes"] if volume["name"] == "configuration")
    # Without it a rolling restart moves every partition twice.
    configured = tomllib.loads(kinds["ConfigMap"]["data"]["copydesk.toml"])
    demand(configured["kafka"].get("static_membership") is True, "a pod that comes back is a new member of the group")
    demand(configuration["configMap"]["name"] == kinds["ConfigMap"]["metadata"]["name"], "another ConfigMap is mounted")

    if scaled := kinds.get("ScaledObject"):
        spec = scaled["spec"]
        demand(spec["scaleTargetRef"]["name"] == name, "KEDA scales something else")
        demand("replicas" not in stateful, "each apply would undo what KEDA did")
        (trigger,) = spec["triggers"]
        demand(all(isinstance(value, str) for value in trigger["metadata"].values()), "KEDA takes text only")
        demand(int(trigger["metadata"]["activationThreshold"]) >= spec["maxReplicaCount"], "markers count as lag")
        demand("copydesk_partition_lag_records" in trigger["metadata"]["query"], "KEDA asks for no metric of ours")

    print(f"{path.stem}: {', '.join(manifest['kind'] for manifest in manifests)}")
    return problems


if __name__ == "__main__":
    found = [problem for path in sys.argv[1:] for problem in check(Path(path))]
    sys.exit("\n".join(found) if found else 0)
