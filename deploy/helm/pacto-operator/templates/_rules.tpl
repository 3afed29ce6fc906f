{{/* What the operator needs where it looks. Objects with values are read by name, never listed. */}}
{{- define "pacto-operator.observerRules" -}}
- apiGroups: [pacto.trianalab.io]
  resources: [pactos]
  verbs: [get, list, watch, patch]
- apiGroups: [pacto.trianalab.io]
  resources: [pactos/status]
  verbs: [get, patch, update]
- apiGroups: [pacto.trianalab.io]
  resources: [pactos/finalizers]
  verbs: [update]
- apiGroups: [pacto.trianalab.io]
  resources: [pactorevisions]
  verbs: [get, list, watch, create, delete]
- apiGroups: [pacto.trianalab.io]
  resources: [pactorevisions/status]
  verbs: [get, patch, update]
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [configmaps, secrets, serviceaccounts]
  verbs: [get]
- apiGroups: [apps]
  resources: [deployments, replicasets, statefulsets]
  verbs: [get, list, watch]
- apiGroups: [batch]
  resources: [cronjobs, jobs]
  verbs: [get, list, watch]
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [get, list, watch]
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [get, list, watch]
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes]
  verbs: [get, list, watch]
- apiGroups: ["", events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}

{{/* What the dashboard may; nobody can grant what they may not. */}}
{{- define "pacto-operator.dashboardReaderRules" -}}
- apiGroups: [pacto.trianalab.io]
  resources: [pactos, pactorevisions]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, watch]
{{- end }}

{{/* Objects of the dashboard outside of a namespace. Creating cannot be limited to a name. */}}
{{- define "pacto-operator.dashboardClusterRules" -}}
- apiGroups: [""]
  resources: [namespaces]
  resourceNames: [{{ .Release.Namespace }}]
  verbs: [get]
- apiGroups: [""]
  resources: [namespaces]
  verbs: [create]
{{- if .Values.controller.watchNamespace }}
# What an operator without a watched namespace left is taken away.
- apiGroups: [rbac.authorization.k8s.io]
  resources: [clusterroles, clusterrolebindings]
  resourceNames: [pacto-dashboard]
  verbs: [get, delete]
{{- else }}
{{ include "pacto-operator.dashboardGrantRules" (dict "kinds" (list "clusterroles" "clusterrolebindings")) }}
{{- end }}
{{- end }}

{{/* Granting the dashboard its rights: by `kinds` of objects, and with the rights themselves. */}}
{{- define "pacto-operator.dashboardGrantRules" -}}
- apiGroups: [rbac.authorization.k8s.io]
  resources: {{ toJson .kinds }}
  resourceNames: [pacto-dashboard]
  verbs: [get, update, patch, delete]
- apiGroups: [rbac.authorization.k8s.io]
  resources: {{ toJson .kinds }}
  verbs: [create]
{{ include "pacto-operator.dashboardReaderRules" . }}
{{- end }}

{{/* Objects of the dashboard in the namespace of the release. */}}
{{- define "pacto-operator.dashboardRules" -}}
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [pacto-dashboard-oci-creds]
  verbs: [get, update, patch, delete]
- apiGroups: [""]
  resources: [secrets]
  verbs: [create]
{{- with include "pacto-operator.dashboardSecrets" . | fromJsonArray }}
- apiGroups: [""]
  resources: [secrets]
  resourceNames: {{ toJson . }}
  verbs: [get]
{{- end }}
- apiGroups: [""]
  resources: [serviceaccounts, services]
  resourceNames: [pacto-dashboard]
  verbs: [get, update, patch, delete]
- apiGroups: [""]
  resources: [serviceaccounts, services]
  verbs: [create]
- apiGroups: [apps]
  resources: [deployments]
  resourceNames: [pacto-dashboard]
  verbs: [get, update, patch, delete]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [create]
# The operator's own Deployment owns these objects.
- apiGroups: [apps]
  resources: [deployments]
  resourceNames: [{{ include "pacto-operator.fullname" . }}]
  verbs: [get]
- apiGroups: [apps]
  resources: [deployments/finalizers]
  resourceNames: [{{ include "pacto-operator.fullname" . }}]
  verbs: [update]
{{- end }}
