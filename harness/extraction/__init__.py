"""From the text of a reply to a prediction: extraction steps, stated options, answer phrases, typed spans."""
