{{- define "tickwire.name" -}}
{{- if contains "tickwire" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-tickwire" (.Release.Name | trunc 41 | trimSuffix "-") }}{{ end }}
{{- end }}

{{- define "tickwire.selector" -}}
app.kubernetes.io/name: tickwire
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "tickwire.labels" -}}
{{ include "tickwire.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "tickwire.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "tickwire.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "tickwire.name" .) }}
{{- end }}

{{/* The memory limit of the agent: 96 MiB of its own, and per connection the kernel's 2,032 bytes (752 without stages) and about as much for
its rows, rounded up to 16 MiB. */}}
{{- define "tickwire.memoryLimit" -}}
{{- if .Values.resources.memoryLimit -}}
{{ .Values.resources.memoryLimit }}
{{- else -}}
{{- $each := ternary 4096 2048 .Values.agent.stages -}}
{{- $mebibytes := add 96 (div (mul (int64 .Values.agent.maxConnections) $each) 1048576) -}}
{{ mul 16 (add 1 (div (sub $mebibytes 1) 16)) }}Mi
{{- end -}}
{{- end }}
