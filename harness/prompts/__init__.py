"""From Examples to Requests: few-shot selection and prompt rendering."""
