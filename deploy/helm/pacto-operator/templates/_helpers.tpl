{{- define "pacto-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Short enough that the suffixes of this chart fit into 63 characters. */}}
{{- define "pacto-operator.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{/* Cluster-scoped objects of releases in two namespaces have two names. */}}
{{- define "pacto-operator.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "pacto-operator.fullname" .) }}
{{- end }}

{{- define "pacto-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "pacto-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
control-plane: controller-manager
{{- end }}

{{- define "pacto-operator.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ include "pacto-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "pacto-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "pacto-operator.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "pacto-operator.subject" -}}
- kind: ServiceAccount
  name: {{ include "pacto-operator.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}

{{- define "pacto-operator.image" -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}

{{- define "pacto-operator.dashboardImage" -}}
{{- printf "%s:%s" .Values.dashboard.image.repository (default .Chart.AppVersion .Values.dashboard.image.tag) }}
{{- end }}

{{/* Secrets whose credentials the dashboard gets, as JSON. */}}
{{- define "pacto-operator.dashboardSecrets" -}}
{{- if .Values.dashboard.ociSecrets }}
{{- .Values.dashboard.ociSecrets | toJson }}
{{- else if .Values.dashboard.ociSecret }}
{{- list .Values.dashboard.ociSecret | toJson }}
{{- else }}
{{- "[]" }}
{{- end }}
{{- end }}

{{- define "pacto-operator.dashboardServiceName" -}}
{{- printf "%s-dashboard" (include "pacto-operator.fullname" .) }}
{{- end }}

{{/* What a schema cannot say. */}}
{{- define "pacto-operator.validate" -}}
{{- if and (gt (int .Values.replicaCount) 1) (not .Values.leaderElection.enabled) }}
{{- fail "replicaCount is more than 1 and leaderElection.enabled is false: all replicas would write. Turn one of them back." }}
{{- end }}
{{- if .Values.dashboard.enabled }}
{{- if eq (default .Chart.AppVersion .Values.dashboard.image.tag) "latest" }}
{{- fail "dashboard.image.tag is latest, which names no version: write the version, for example 0.1.0." }}
{{- end }}
{{- if eq (include "pacto-operator.dashboardServiceName" .) "pacto-dashboard" }}
{{- fail "fullnameOverride gives the Service pacto-dashboard, which the operator makes itself: use another one." }}
{{- end }}
{{- end }}
{{- end }}
