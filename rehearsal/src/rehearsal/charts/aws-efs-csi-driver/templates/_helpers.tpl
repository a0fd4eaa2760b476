{{- define "labels" -}}
app.kubernetes.io/name: {{ .Values.nameOverride | default .Chart.Name | trunc 63 }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- define "image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default (print "v" .Chart.AppVersion) }}
{{- end }}
{{- define "tags" -}}
{{- $tags := list -}}
{{- range $key, $value := .Values.controller.tags -}}
{{- $tags = append $tags (printf "%s:%v" $key $value) -}}
{{- end -}}
{{- join " " $tags -}}
{{- end }}
