{{- define "labels" -}}
app.kubernetes.io/name: {{ .Values.nameOverride | default .Chart.Name | trunc 63 }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- define "image" -}}
{{ .Values.image.containerRegistry | default "" }}{{ .Values.image.repository }}:{{ .Values.image.tag }}
{{- end }}
