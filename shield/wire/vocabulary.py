"""The words of the protocols themselves: keys that need no scan, values that say nothing.

Whatever is not listed here is scanned, wherever it stands; a word is listed only when it could
carry no instruction.

References: the API references of OpenAI (Chat Completions, Responses) and Anthropic (Messages).
"""

_CHAT = """
    messages role content name type text model tool_calls function arguments id index tools choices
    message finish_reason usage created object temperature top_p max_tokens stream stop n seed user
    description parameters properties required prompt_tokens completion_tokens total_tokens
"""
_MESSAGES = """
    system source media_type data title context citations cited_text tool_use_id is_error input
    input_schema tool_choice thinking signature cache_control stop_reason stop_sequence
    stop_sequences stop_details category explanation top_k metadata user_id container service_tier
    input_tokens output_tokens cache_creation_input_tokens cache_read_input_tokens cache_creation
    document_index document_title start_char_index end_char_index server_tool_use content_block
    delta partial_json error request_id
"""
_RESPONSES = """
    output instructions previous_response_id conversation call_id status summary annotations logprobs
    encrypted_content output_index content_index summary_index item_id sequence_number item part
    response incomplete_details reason created_at max_output_tokens parallel_tool_calls reasoning
    effort store truncation background prompt variables include strict format verbosity
    input_tokens_details output_tokens_details cached_tokens reasoning_tokens image_url file_id
    detail filename file_data annotation_index start_index end_index url results queries
    obfuscation completed_at max_tool_calls prompt_cache_key safety_identifier top_logprobs
"""
KNOWN_KEYS = frozenset(f"{_CHAT} {_MESSAGES} {_RESPONSES}".split())
_WORDS = """
    text function object string chat.completion stop message assistant
    tool_use tool_result document search_result thinking redacted_thinking base64 ephemeral
    end_turn max_tokens stop_sequence message_start message_delta message_stop
    content_block_start content_block_delta content_block_stop text_delta input_json_delta
    thinking_delta signature_delta citations_delta ping
    response input_text output_text summary_text reasoning_text reasoning function_call
    function_call_output item_reference in_progress completed incomplete auto disabled json_schema
"""
WORDS = frozenset(_WORDS.split())
