{{- define "labels" -}}
app.kubernetes.io/name: {{ .Values.nameOverride | default .Chart.Name | trunc 63 }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- define "chartLabels" -}}
{{ include "labels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}
{{- define "image" -}}
{{ .Values.image.containerRegistry }}{{ .Values.image.repository }}:{{ .Values.image.tag | default (print "v" .Chart.AppVersion) }}
{{- end }}
{{- define "extraTags" -}}
{{- $tags := list -}}
{{- range $key, $value := .Values.controller.extraTags -}}
{{- $tags = append $tags (printf "%s=%v" $key $value) -}}
{{- end -}}
{{- join "," $tags -}}
{{- end }}
