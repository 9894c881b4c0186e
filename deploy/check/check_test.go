// Package check holds the files of deploy/ against the schemas and types of those who read them. It is a
// module of its own, so that housecall itself needs none of what it brings.
package check

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	composeschema "github.com/compose-spec/compose-go/v2/schema"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

func read(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", path))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestComposeFileIsWhatTheSchemaAllows(t *testing.T) {
	t.Parallel()
	var file map[string]any
	if err := yaml.Unmarshal(read(t, "compose.yaml"), &file); err != nil {
		t.Fatal(err)
	}

	if err := composeschema.Validate(file); err != nil {
		t.Error(err)
	}

	services, _ := file["services"].(map[string]any)
	for _, want := range []string{"node1", "node2", "node3", "mongo1", "mongo2", "mongo3", "nats1", "nats2", "nats3", "minio", "prometheus", "grafana"} {
		if services[want] == nil {
			t.Errorf("no service %s", want)
		}
	}
	file["services"].(map[string]any)["node1"].(map[string]any)["imagge"] = "x"
	if err := composeschema.Validate(file); err == nil {
		t.Error("a misspelt key passes: the schema checks nothing")
	}
}

// typeOf is an empty object of what a manifest says it is.
func typeOf(kind string) any {
	switch kind {
	case "v1 Namespace":
		return &core.Namespace{}
	case "v1 ConfigMap":
		return &core.ConfigMap{}
	case "v1 Service":
		return &core.Service{}
	case "apps/v1 StatefulSet":
		return &apps.StatefulSet{}
	case "networking.k8s.io/v1 Ingress":
		return &networking.Ingress{}
	case "networking.k8s.io/v1 NetworkPolicy":
		return &networking.NetworkPolicy{}
	case "policy/v1 PodDisruptionBudget":
		return &policy.PodDisruptionBudget{}
	}
	return nil
}

func TestManifestsAreWhatKubernetesTypesAllow(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../k8s/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no manifests", err)
	}
	seen := map[string]int{}
	for _, path := range files {
		for n, doc := range bytes.Split(read(t, strings.TrimPrefix(path, "../")), []byte("\n---\n")) {
			var head struct{ APIVersion, Kind string }
			if err := yaml.Unmarshal(doc, &head); err != nil {
				t.Fatalf("%s, document %d: %v", path, n, err)
			}
			kind := head.APIVersion + " " + head.Kind
			object := typeOf(kind)
			if object == nil {
				t.Errorf("%s: %q is not known here: add its type", path, kind)
				continue
			}
			seen[head.Kind]++
			if err := yaml.UnmarshalStrict(doc, object); err != nil {
				t.Errorf("%s, document %d: %v", path, n, err)
			}
			if set, ok := object.(*apps.StatefulSet); ok {
				wellKept(t, set)
			}
		}
	}
	if seen["StatefulSet"] != 1 || seen["PodDisruptionBudget"] != 1 {
		t.Errorf("manifests are %v", seen)
	}
	if err := yaml.UnmarshalStrict([]byte("apiVersion: v1\nkind: Service\nspec: {portz: []}\n"), &core.Service{}); err == nil {
		t.Error("a misspelt field passes: the types check nothing")
	}
}

// wellKept looks at what the types can't know.
func wellKept(t *testing.T, set *apps.StatefulSet) {
	t.Helper()
	pod := set.Spec.Template.Spec
	c := pod.Containers[0]
	switch {
	case c.LivenessProbe == nil || c.ReadinessProbe == nil || c.StartupProbe == nil:
		t.Error("a probe is missing")
	case c.ReadinessProbe.HTTPGet.Path != "/readyz" || c.LivenessProbe.HTTPGet.Path != "/livez":
		t.Error("a probe asks elsewhere")
	case pod.SecurityContext.RunAsNonRoot == nil || !*pod.SecurityContext.RunAsNonRoot || !*c.SecurityContext.ReadOnlyRootFilesystem:
		t.Error("it runs as root, or on a file system that it may write")
	case set.Spec.Selector.MatchLabels["app"] != set.Spec.Template.Labels["app"]:
		t.Error("the selector does not find its own pods")
	}
	mounted := map[string]bool{}
	for _, v := range pod.Volumes {
		mounted[v.Name] = true
	}
	for _, m := range c.VolumeMounts {
		if !mounted[m.Name] {
			t.Errorf("%s is mounted and no volume", m.Name)
		}
	}
}
