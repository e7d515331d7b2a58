import { EventSourceParserStream } from "eventsource-parser/stream";

/** The messages of a `text/event-stream`, as JSON. */
export async function* messagesOf<Message>(response: Response): AsyncGenerator<Message> {
  if (!response.body) return;
  const messages = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  const reader = messages.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield JSON.parse(value.data) as Message;
    }
  } finally {
    await reader.cancel();
  }
}
