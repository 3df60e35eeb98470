"""Writes a tiny language model in GGUF, without downloading anything: make_model.py FILE

Its weights are set by hand so that the next token depends on the last one only. After a user's message it says
" Hello from a tiny local model."; offered tools it begins a tool call, whose arguments the server's grammar shapes;
after a tool's result it says its sentence again. It proves protocols, not intelligence.
"""

import sys

import gguf
import numpy as np

CONTEXT = 32768
WIDTH = 512
HIDDEN = 64
HEADS = 8

CONTROL, BYTE, NORMAL, USER_DEFINED, UNKNOWN = 3, 6, 1, 4, 2

SENTENCE = ["▁Hello", "▁from", "▁a", "▁tiny", "▁local", "▁model", "."]

# Messages as the model sees them. A line feed opens its sentence, two of them open a tool call.
TEMPLATE = """{%- if tools -%}<|im_start|>system
Tools: {{ tools | tojson }}<|im_end|>
{% endif %}
{%- for message in messages -%}<|im_start|>{{ message.role }}
{{ message.content if message.content else '' }}
{%- for call in message.tool_calls or [] %}<tool_call>{{ call.function | tojson }}</tool_call>{% endfor -%}
<|im_end|>
{% endfor %}
{%- if add_generation_prompt -%}<|im_start|>assistant
{%- if tools and messages[-1].role != 'tool' %}{{ '\n\n' }}{% else %}{{ '\n' }}{% endif %}{% endif %}"""


def vocabulary():
    """Pairs of token and kind."""
    tokens = [("<unk>", UNKNOWN), ("<s>", CONTROL), ("</s>", CONTROL)]
    tokens += [("<|im_start|>", CONTROL), ("<|im_end|>", CONTROL)]
    tokens += [(f"<0x{byte:02X}>", BYTE) for byte in range(256)]
    tokens += [(word, NORMAL) for word in SENTENCE]
    tokens += [("<tool_call>", USER_DEFINED), ("</tool_call>", USER_DEFINED), ("\n\n", USER_DEFINED)]
    return tokens


def next_token_weights(tokens):
    """A matrix of how much each token (row) is wanted after each other one (column)."""
    number = {token: index for index, (token, _) in enumerate(tokens)}
    weights = np.random.default_rng(1).normal(0, 0.01, (len(tokens), WIDTH)).astype(np.float32)

    def follow(first, second, strength):
        weights[number[second], number[first]] += strength

    chain = ["<0x0A>"] + SENTENCE + ["<|im_end|>"]
    for first, second in zip(chain, chain[1:]):
        follow(first, second, 1.5)
    follow("\n\n", "<tool_call>", 3.0)
    follow("</tool_call>", "<|im_end|>", 3.0)
    # Within a grammar: close texts and objects soon.
    likings = {'"': 0.5, "}": 0.4, "]": 0.35, ",": 0.1, " ": -1, "\n": -1, "\\": -1}
    for character, liking in likings.items():
        weights[number[f"<0x{ord(character):02X}>"], : len(tokens)] += liking
    weights[number["<|im_end|>"], : len(tokens)] += 0.45
    return weights


def write(path):
    tokens = vocabulary()
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("anima-tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([token.encode() for token, _ in tokens])
    writer.add_token_scores([-float(i) if kind == NORMAL else 0.0 for i, (_, kind) in enumerate(tokens)])
    writer.add_token_types([kind for _, kind in tokens])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(4)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE)

    embedding = np.zeros((len(tokens), WIDTH), np.float32)
    np.fill_diagonal(embedding, 1.0)
    ones = np.ones(WIDTH, np.float32)
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output.weight", next_token_weights(tokens))
    writer.add_tensor("output_norm.weight", ones)
    # The block passes on what it gets: its attention and its network add nothing.
    for name in ("attn_norm", "ffn_norm"):
        writer.add_tensor(f"blk.0.{name}.weight", ones)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        writer.add_tensor(f"blk.0.{name}.weight", np.zeros((WIDTH, WIDTH), np.float32))
    writer.add_tensor("blk.0.ffn_gate.weight", np.zeros((HIDDEN, WIDTH), np.float32))
    writer.add_tensor("blk.0.ffn_up.weight", np.zeros((HIDDEN, WIDTH), np.float32))
    writer.add_tensor("blk.0.ffn_down.weight", np.zeros((WIDTH, HIDDEN), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


write(sys.argv[1])
