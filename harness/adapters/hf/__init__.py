"""What drives language models of transformers here: one idea a module, put together by `huggingface`."""
