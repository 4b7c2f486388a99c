const longest = 16_384; // bytes; a token is about a thousand

// formOf returns the fields of a request's form.
export async function formOf(request) {
  let text = "";
  for await (const part of request) {
    text += part;
    if (text.length > longest) throw new RangeError("the form is too long");
  }
  return new URLSearchParams(text);
}
